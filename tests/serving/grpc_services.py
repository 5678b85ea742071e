"""The gRPC services of TensorFlow Serving, as tensorflow-serving-api defines them."""

from concurrent import futures

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tests.serving.served_versions import RequestError, ServedVersions

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models: ServedVersions):
        self._models = models

    def Predict(self, request, context):
        try:
            version = _version(self._models, request.model_spec)
            inputs = {name: _array(name, tensor) for name, tensor in request.inputs.items()}
            outputs = version.predict(request.model_spec.signature_name, inputs)
        except RequestError as error:
            context.abort(error.code, str(error))
        response = predict_pb2.PredictResponse()
        response.model_spec.CopyFrom(request.model_spec)
        response.model_spec.version.value = version.number
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return response

    def GetModelMetadata(self, request, context):
        try:
            version = _version(self._models, request.model_spec)
        except RequestError as error:
            context.abort(error.code, str(error))
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.CopyFrom(request.model_spec)
        response.model_spec.version.value = version.number
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, definition in version.session.signatures.items():
            found.signature_def[name].CopyFrom(definition)
        response.metadata["signature_def"].Pack(found)
        return response


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, models: ServedVersions):
        self._models = models

    def GetModelStatus(self, request, context):
        try:
            states = self._models.states(request.model_spec.name)
        except RequestError as error:
            context.abort(error.code, str(error))
        response = get_model_status_pb2.GetModelStatusResponse()
        for number, state in states.items():
            response.model_version_status.add(version=number, state=state)
        return response


def start(models: ServedVersions, num_threads: int = 8) -> tuple[grpc.Server, int]:
    """Starts a server on a free port of this machine; returns it with the port."""
    server = grpc.server(futures.ThreadPoolExecutor(num_threads), options=_UNLIMITED)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(models), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(models), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _version(models: ServedVersions, spec):
    number = spec.version.value if spec.HasField("version") else None
    return models.current(spec.name, number)


def _array(name: str, tensor):
    try:
        return tf.make_ndarray(tensor)
    except (ValueError, TypeError):
        message = f"tensor parsing error: {name}"
        raise RequestError(grpc.StatusCode.INVALID_ARGUMENT, message) from None
