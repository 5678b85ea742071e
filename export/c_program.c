/* Serves one SavedModel to its standard input, with nothing of TensorFlow but its C library.
 *
 *     c_program MODEL_DIRECTORY
 *
 * Integers are int64 of this machine; a text is its length and its bytes. When the model is loaded,
 * a 0 is written. Then calls are read, until the input ends: a count of inputs, the inputs, a count
 * of outputs, the outputs. An output is the name of its operation and an index; an input is that and
 * a tensor. A tensor is its TF_DataType, a count of axes, their sizes, and its bytes as a text; of
 * strings, each as a text. Each call is answered with the tensors of its outputs. On an error
 * standard error ends with the reason after "c_program: ", and the exit code is 1.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

#define MAX_TENSORS 64
#define MAX_AXES 8

static void fail(const char *reason) {
  fprintf(stderr, "c_program: %s\n", reason);
  exit(1);
}

static void check(TF_Status *status) {
  if (TF_GetCode(status) != TF_OK) fail(TF_Message(status));
}

static void read_bytes(void *target, size_t size) {
  if (size > 0 && fread(target, size, 1, stdin) != 1) fail("the requests end too early");
}

static int64_t read_int(void) {
  int64_t value;
  read_bytes(&value, sizeof value);
  return value;
}

static char *read_text(int64_t *length) {
  *length = read_int();
  char *text = malloc(*length + 1);
  read_bytes(text, *length);
  text[*length] = 0;
  return text;
}

static void write_int(int64_t value) { fwrite(&value, sizeof value, 1, stdout); }

static TF_Output read_output(TF_Graph *graph) {
  int64_t length;
  char *name = read_text(&length);
  TF_Output output = {TF_GraphOperationByName(graph, name), (int)read_int()};
  if (output.oper == NULL) fail("an operation is missing");
  free(name);
  return output;
}

static TF_Tensor *read_tensor(void) {
  TF_DataType type = (TF_DataType)read_int();
  int64_t axes[MAX_AXES], count = 1, length;
  int num_axes = (int)read_int();
  if (num_axes > MAX_AXES) fail("a tensor has too many axes");
  for (int i = 0; i < num_axes; i++) count *= axes[i] = read_int();
  if (type == TF_STRING) {
    TF_Tensor *tensor = TF_AllocateTensor(type, axes, num_axes, count * sizeof(TF_TString));
    TF_TString *strings = TF_TensorData(tensor);
    for (int64_t i = 0; i < count; i++) {
      char *text = read_text(&length);
      TF_StringInit(&strings[i]);
      TF_StringCopy(&strings[i], text, length);
      free(text);
    }
    return tensor;
  }
  length = read_int();
  TF_Tensor *tensor = TF_AllocateTensor(type, axes, num_axes, length);
  read_bytes(TF_TensorData(tensor), length);
  return tensor;
}

static void write_tensor(const TF_Tensor *tensor) {
  write_int(TF_TensorType(tensor));
  write_int(TF_NumDims(tensor));
  for (int i = 0; i < TF_NumDims(tensor); i++) write_int(TF_Dim(tensor, i));
  write_int(TF_TensorByteSize(tensor));
  fwrite(TF_TensorData(tensor), 1, TF_TensorByteSize(tensor), stdout);
}

static void answer_call(TF_Graph *graph, TF_Session *session, int num_inputs, TF_Status *status) {
  TF_Output inputs[MAX_TENSORS], outputs[MAX_TENSORS];
  TF_Tensor *fed[MAX_TENSORS], *fetched[MAX_TENSORS];
  if (num_inputs > MAX_TENSORS) fail("a call has too many inputs");
  for (int i = 0; i < num_inputs; i++) {
    inputs[i] = read_output(graph);
    fed[i] = read_tensor();
  }
  int num_outputs = (int)read_int();
  if (num_outputs > MAX_TENSORS) fail("a call has too many outputs");
  for (int i = 0; i < num_outputs; i++) outputs[i] = read_output(graph);
  TF_SessionRun(session, NULL, inputs, fed, num_inputs, outputs, fetched, num_outputs, NULL, 0,
                NULL, status);
  check(status);
  for (int i = 0; i < num_outputs; i++) {
    write_tensor(fetched[i]);
    TF_DeleteTensor(fetched[i]);
  }
  for (int i = 0; i < num_inputs; i++) TF_DeleteTensor(fed[i]);
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count != 2) fail("usage: c_program MODEL_DIRECTORY");
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  const char *tags[] = {"serve"};
  TF_Session *session =
      TF_LoadSessionFromSavedModel(options, NULL, arguments[1], tags, 1, graph, NULL, status);
  check(status);
  write_int(0);
  fflush(stdout);

  int64_t num_inputs;
  while (fread(&num_inputs, sizeof num_inputs, 1, stdin) == 1)
    answer_call(graph, session, (int)num_inputs, status);

  TF_CloseSession(session, status);
  check(status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
