"""A client over gRPC."""

import grpc
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_service_pb2_grpc

from hps_tf.cli.serving.client import Arrays, Client, RefusedError, TransientError

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

_REFUSALS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
)


class GrpcClient(Client):
    """See `Client`."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._channel = grpc.insecure_channel(self.server, _UNLIMITED)
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def close(self):
        """See `Client.close`."""
        self._channel.close()

    def _ask(self, signature: str, inputs: Arrays, timeout: float) -> Arrays:
        request = predict_pb2.PredictRequest(
            model_spec=model_pb2.ModelSpec(name=self.model, signature_name=signature)
        )
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        try:
            response = self._service.Predict(request, timeout=timeout)
        except grpc.RpcError as error:
            reason = " ".join(error.details().split())
            if error.code() in _REFUSALS:
                raise RefusedError(reason) from None
            raise TransientError(f"{error.code().name}: {reason}") from None
        return {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
