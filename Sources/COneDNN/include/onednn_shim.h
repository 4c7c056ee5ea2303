// oneDNN's C API as Swift can use it: one form for versions 2 and 3, opaque handles, arrays instead of macros.
//
// Functions that make something return NULL where oneDNN refuses; shim_last_error() then says why. The engine is the
// processor; work runs in the calling thread and OpenMP's.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct shim_descriptor shim_descriptor;  // lengths, element type and layout of a tensor
typedef struct shim_attributes shim_attributes;  // what is fused behind a primitive
typedef struct shim_primitive shim_primitive;    // a computation, ready to run
typedef struct shim_memory shim_memory;          // a tensor: descriptor and address

const char *shim_last_error(void);
/// major * 10000 + minor * 100 + patch
int shim_version(void);
/// For all loops of oneDNN's and of shim_parallel.
void shim_set_threads(int count);
int shim_max_threads(void);
/// Calls body(context, 0) ... body(context, count - 1), each on a thread of its own out of the pool that oneDNN uses.
void shim_parallel(int count, void (*body)(void *context, int index), void *context);

// Descriptors of float tensors. strides NULL: row-major.
shim_descriptor *shim_descriptor_strided(int rank, const int64_t *dims, const int64_t *strides);
/// The layout is the primitive's to choose.
shim_descriptor *shim_descriptor_any(int rank, const int64_t *dims);
/// Floats [N, C, ...] of rank 3 to 5 with channels in blocks, innermost (aBcd8b); `block` is 8 or 16, else NULL.
shim_descriptor *shim_descriptor_blocked(int rank, const int64_t *dims, int block);
/// A part of a tensor that lies where it does; NULL where the layout does not allow it.
shim_descriptor *shim_descriptor_part(const shim_descriptor *whole, const int64_t *dims, const int64_t *offsets);
bool shim_descriptor_equal(const shim_descriptor *a, const shim_descriptor *b);
size_t shim_descriptor_bytes(const shim_descriptor *descriptor);
void shim_descriptor_free(shim_descriptor *descriptor);

typedef enum { shim_forward_training, shim_forward_inference, shim_backward_data, shim_backward_weights, shim_backward } shim_direction;

typedef enum {
  shim_relu, shim_tanh, shim_elu, shim_abs, shim_sqrt, shim_linear, shim_soft_plus, shim_sigmoid, shim_exp,
  shim_gelu_erf, shim_gelu_tanh, shim_swish, shim_log, shim_clip, shim_hard_swish, shim_relu_dst, shim_sigmoid_dst,
  shim_tanh_dst, shim_clip_dst
} shim_eltwise;

typedef enum { shim_add, shim_mul, shim_sub, shim_div, shim_max, shim_min } shim_binary;

// Attributes: computations on the result, in order.
shim_attributes *shim_attributes_create(void);
bool shim_attributes_append_eltwise(shim_attributes *attributes, shim_eltwise kind, float alpha, float beta);
/// The result is added to what the destination holds.
bool shim_attributes_append_sum(shim_attributes *attributes);
void shim_attributes_free(shim_attributes *attributes);

typedef enum { shim_convolution_direct, shim_convolution_winograd, shim_convolution_auto } shim_convolution_algorithm;

// Primitives. Of a backward pass, source/destination are those of the forward pass, with gradients' layouts.
shim_primitive *shim_convolution(
    shim_direction direction, bool transposed, shim_convolution_algorithm algorithm, const shim_descriptor *source,
    const shim_descriptor *weights, const shim_descriptor *bias, const shim_descriptor *destination,
    const int64_t *strides, const int64_t *dilations, const int64_t *pads_begin, const int64_t *pads_end,
    const shim_attributes *attributes, const shim_primitive *forward);

typedef enum { shim_normalization_given_statistics = 1, shim_normalization_scale_shift = 2, shim_normalization_relu = 4 } shim_normalization_flags;

shim_primitive *shim_batch_normalization(
    shim_direction direction, const shim_descriptor *data, const shim_descriptor *gradient, float epsilon, int flags,
    const shim_primitive *forward);
shim_primitive *shim_layer_normalization(
    shim_direction direction, const shim_descriptor *data, const shim_descriptor *gradient,
    const shim_descriptor *statistics, float epsilon, int flags, const shim_primitive *forward);
shim_primitive *shim_pooling(
    shim_direction direction, bool maximum, bool counts_padding, const shim_descriptor *source,
    const shim_descriptor *destination, const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *pads_begin, const int64_t *pads_end, const shim_primitive *forward);
shim_primitive *shim_eltwise_primitive(
    shim_direction direction, shim_eltwise kind, float alpha, float beta, const shim_descriptor *data,
    const shim_descriptor *gradient, const shim_primitive *forward);
shim_primitive *shim_binary_primitive(
    shim_binary kind, const shim_descriptor *a, const shim_descriptor *b, const shim_descriptor *destination,
    const shim_attributes *attributes);
shim_primitive *shim_softmax(
    shim_direction direction, bool logarithm, int axis, const shim_descriptor *destination,
    const shim_descriptor *gradient, const shim_primitive *forward);
shim_primitive *shim_lrn(
    shim_direction direction, int64_t size, float alpha, float beta, float k, const shim_descriptor *data,
    const shim_descriptor *gradient, const shim_primitive *forward);
shim_primitive *shim_resampling(
    shim_direction direction, bool linear, const shim_descriptor *source, const shim_descriptor *destination,
    const shim_primitive *forward);
shim_primitive *shim_reorder(const shim_descriptor *source, const shim_descriptor *destination);
void shim_primitive_free(shim_primitive *primitive);

typedef enum {
  shim_source, shim_weights, shim_destination, shim_source_gradient, shim_weights_gradient, shim_destination_gradient,
  shim_workspace, shim_scratchpad
} shim_part;

/// The layout that a primitive chose; NULL where it has no such part.
shim_descriptor *shim_primitive_descriptor(const shim_primitive *primitive, shim_part part);
/// The implementation's name, such as "jit:avx512_core".
const char *shim_primitive_implementation(const shim_primitive *primitive);

shim_memory *shim_memory_create(const shim_descriptor *descriptor, void *address);
void shim_memory_free(shim_memory *memory);

typedef enum {
  shim_argument_source, shim_argument_source_1, shim_argument_weights, shim_argument_bias, shim_argument_destination,
  shim_argument_mean, shim_argument_variance, shim_argument_scale, shim_argument_shift, shim_argument_workspace,
  shim_argument_scratchpad, shim_argument_source_gradient, shim_argument_destination_gradient,
  shim_argument_weights_gradient, shim_argument_bias_gradient, shim_argument_scale_gradient,
  shim_argument_shift_gradient
} shim_argument;

/// Arguments of a call, fixed once.
typedef struct shim_call shim_call;
shim_call *shim_call_create(
    const shim_primitive *primitive, int count, const shim_argument *arguments, shim_memory *const *memories);
bool shim_call_run(const shim_call *call);
void shim_call_free(shim_call *call);

#ifdef __cplusplus
}
#endif
