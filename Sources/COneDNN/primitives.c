// How each primitive is made, with version 2's two steps and version 3's one.
#include "internal.h"

dnnl_prop_kind_t shim_prop(shim_direction direction) {
  switch (direction) {
    case shim_forward_training: return dnnl_forward_training;
    case shim_forward_inference: return dnnl_forward_inference;
    case shim_backward_data: return dnnl_backward_data;
    case shim_backward_weights: return dnnl_backward_weights;
    case shim_backward: return dnnl_backward;
  }
  return dnnl_prop_kind_undef;
}

dnnl_alg_kind_t shim_eltwise_kind(shim_eltwise kind, float *alpha, float *beta) {
  (void)alpha;
  (void)beta;
  switch (kind) {
    case shim_relu: return dnnl_eltwise_relu;
    case shim_tanh: return dnnl_eltwise_tanh;
    case shim_elu: return dnnl_eltwise_elu;
    case shim_abs: return dnnl_eltwise_abs;
    case shim_sqrt: return dnnl_eltwise_sqrt;
    case shim_linear: return dnnl_eltwise_linear;
    case shim_sigmoid: return dnnl_eltwise_logistic;
    case shim_exp: return dnnl_eltwise_exp;
    case shim_gelu_erf: return dnnl_eltwise_gelu_erf;
    case shim_gelu_tanh: return dnnl_eltwise_gelu_tanh;
    case shim_swish: return dnnl_eltwise_swish;
    case shim_log: return dnnl_eltwise_log;
    case shim_clip: return dnnl_eltwise_clip;
    case shim_relu_dst: return dnnl_eltwise_relu_use_dst_for_bwd;
    case shim_sigmoid_dst: return dnnl_eltwise_logistic_use_dst_for_bwd;
    case shim_tanh_dst: return dnnl_eltwise_tanh_use_dst_for_bwd;
    case shim_clip_dst: return dnnl_eltwise_clip_v2_use_dst_for_bwd;
#if SHIM_V3
    case shim_soft_plus:
      *alpha = 1;
      return dnnl_eltwise_soft_relu;
    case shim_hard_swish:
      *alpha = 1.0f / 6;
      *beta = 0.5f;
      return dnnl_eltwise_hardswish;
#else
    case shim_soft_plus: return dnnl_eltwise_soft_relu;
    case shim_hard_swish: return dnnl_eltwise_hardswish;
#endif
  }
  return dnnl_alg_kind_undef;
}

/// Version 2 describes an operation first; `hint` is the forward pass of a backward one.
#define HINT(forward) ((forward) ? (forward)->desc : NULL)
#if !SHIM_V3
#define FINISH_V2(init, operation, attributes, forward, what)                                            \
  dnnl_primitive_desc_t desc = NULL;                                                                     \
  dnnl_status_t status = (init);                                                                         \
  if (status == dnnl_success) {                                                                          \
    dnnl_primitive_attr_t attr = shim_attr(attributes);                                                  \
    status = dnnl_primitive_desc_create(&desc, &(operation), attr, shim_engine(), HINT(forward));        \
    dnnl_primitive_attr_destroy(attr);                                                                   \
  }                                                                                                      \
  return shim_finish(status, desc, what)
#else
#define FINISH_V3(attributes, make, what)                  \
  dnnl_primitive_desc_t desc = NULL;                       \
  dnnl_primitive_attr_t attr = shim_attr(attributes);      \
  dnnl_status_t status = (make);                           \
  dnnl_primitive_attr_destroy(attr);                       \
  return shim_finish(status, desc, what)
#endif

shim_primitive *shim_convolution(
    shim_direction direction, bool transposed, shim_convolution_algorithm algorithm, const shim_descriptor *source,
    const shim_descriptor *weights, const shim_descriptor *bias, const shim_descriptor *destination,
    const int64_t *strides, const int64_t *dilations, const int64_t *pads_begin, const int64_t *pads_end,
    const shim_attributes *attributes, const shim_primitive *forward) {
  const dnnl_alg_kind_t kind = transposed ? dnnl_deconvolution_direct
      : algorithm == shim_convolution_winograd ? dnnl_convolution_winograd
      : algorithm == shim_convolution_auto     ? dnnl_convolution_auto
                                               : dnnl_convolution_direct;
#if SHIM_V3
#define ARGUMENTS                                                                                               \
  &desc, shim_engine(),
  if (direction == shim_backward_data) {
    FINISH_V3(
        attributes,
        (transposed ? dnnl_deconvolution_backward_data_primitive_desc_create
                    : dnnl_convolution_backward_data_primitive_desc_create)(
            ARGUMENTS kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(destination), strides, dilations, pads_begin,
            pads_end, HINT(forward), attr),
        "convolution, backward by data");
  } else if (direction == shim_backward_weights) {
    FINISH_V3(
        attributes,
        (transposed ? dnnl_deconvolution_backward_weights_primitive_desc_create
                    : dnnl_convolution_backward_weights_primitive_desc_create)(
            ARGUMENTS kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(bias), SHIM_MD(destination), strides,
            dilations, pads_begin, pads_end, HINT(forward), attr),
        "convolution, backward by weights");
  } else {
    FINISH_V3(
        attributes,
        (transposed ? dnnl_deconvolution_forward_primitive_desc_create
                    : dnnl_convolution_forward_primitive_desc_create)(
            ARGUMENTS shim_prop(direction), kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(bias),
            SHIM_MD(destination), strides, dilations, pads_begin, pads_end, attr),
        "convolution");
  }
#undef ARGUMENTS
#else
  dnnl_convolution_desc_t operation;  // a deconvolution's is the same struct
  if (direction == shim_backward_data) {
    FINISH_V2(
        (transposed ? dnnl_dilated_deconvolution_backward_data_desc_init
                    : dnnl_dilated_convolution_backward_data_desc_init)(
            &operation, kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(destination), strides, dilations, pads_begin,
            pads_end),
        operation, attributes, forward, "convolution, backward by data");
  } else if (direction == shim_backward_weights) {
    FINISH_V2(
        (transposed ? dnnl_dilated_deconvolution_backward_weights_desc_init
                    : dnnl_dilated_convolution_backward_weights_desc_init)(
            &operation, kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(bias), SHIM_MD(destination), strides,
            dilations, pads_begin, pads_end),
        operation, attributes, forward, "convolution, backward by weights");
  } else {
    FINISH_V2(
        (transposed ? dnnl_dilated_deconvolution_forward_desc_init : dnnl_dilated_convolution_forward_desc_init)(
            &operation, shim_prop(direction), kind, SHIM_MD(source), SHIM_MD(weights), SHIM_MD(bias),
            SHIM_MD(destination), strides, dilations, pads_begin, pads_end),
        operation, attributes, forward, "convolution");
  }
#endif
}

static unsigned normalization_flags(int flags) {
  unsigned result = 0;
  if (flags & shim_normalization_given_statistics) result |= dnnl_use_global_stats;
  if (flags & shim_normalization_scale_shift) result |= dnnl_use_scale | dnnl_use_shift;
  if (flags & shim_normalization_relu) result |= dnnl_fuse_norm_relu;
  return result;
}

shim_primitive *shim_batch_normalization(
    shim_direction direction, const shim_descriptor *data, const shim_descriptor *gradient, float epsilon, int flags,
    const shim_primitive *forward) {
  const unsigned how = normalization_flags(flags);
#if SHIM_V3
  if (gradient) {
    FINISH_V3(
        NULL,
        dnnl_batch_normalization_backward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), SHIM_MD(gradient), SHIM_MD(gradient), SHIM_MD(data), epsilon,
            how, HINT(forward), attr),
        "batch normalization, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_batch_normalization_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), SHIM_MD(data), SHIM_MD(data), epsilon, how, attr),
        "batch normalization");
  }
#else
  dnnl_batch_normalization_desc_t operation;
  FINISH_V2(
      gradient ? dnnl_batch_normalization_backward_desc_init(
                     &operation, shim_prop(direction), SHIM_MD(gradient), SHIM_MD(data), epsilon, how)
               : dnnl_batch_normalization_forward_desc_init(
                     &operation, shim_prop(direction), SHIM_MD(data), epsilon, how),
      operation, NULL, forward, "batch normalization");
#endif
}

shim_primitive *shim_layer_normalization(
    shim_direction direction, const shim_descriptor *data, const shim_descriptor *gradient,
    const shim_descriptor *statistics, float epsilon, int flags, const shim_primitive *forward) {
  const unsigned how = normalization_flags(flags);
#if SHIM_V3
  if (gradient) {
    FINISH_V3(
        NULL,
        dnnl_layer_normalization_backward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), SHIM_MD(gradient), SHIM_MD(gradient), SHIM_MD(data),
            SHIM_MD(statistics), epsilon, how, HINT(forward), attr),
        "layer normalization, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_layer_normalization_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), SHIM_MD(data), SHIM_MD(data), SHIM_MD(statistics), epsilon,
            how, attr),
        "layer normalization");
  }
#else
  dnnl_layer_normalization_desc_t operation;
  FINISH_V2(
      gradient ? dnnl_layer_normalization_backward_desc_init(
                     &operation, shim_prop(direction), SHIM_MD(gradient), SHIM_MD(data), SHIM_MD(statistics), epsilon,
                     how)
               : dnnl_layer_normalization_forward_desc_init(
                     &operation, shim_prop(direction), SHIM_MD(data), SHIM_MD(statistics), epsilon, how),
      operation, NULL, forward, "layer normalization");
#endif
}

shim_primitive *shim_pooling(
    shim_direction direction, bool maximum, bool counts_padding, const shim_descriptor *source,
    const shim_descriptor *destination, const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *pads_begin, const int64_t *pads_end, const shim_primitive *forward) {
  const dnnl_alg_kind_t kind = maximum ? dnnl_pooling_max : counts_padding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding;
#if SHIM_V3
  if (forward) {
    FINISH_V3(
        NULL,
        dnnl_pooling_backward_primitive_desc_create(
            &desc, shim_engine(), kind, SHIM_MD(source), SHIM_MD(destination), strides, kernel, dilations, pads_begin,
            pads_end, HINT(forward), attr),
        "pooling, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_pooling_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), kind, SHIM_MD(source), SHIM_MD(destination), strides, kernel,
            dilations, pads_begin, pads_end, attr),
        "pooling");
  }
#else
  dnnl_pooling_v2_desc_t operation;
  FINISH_V2(
      forward ? dnnl_pooling_v2_backward_desc_init(
                    &operation, kind, SHIM_MD(source), SHIM_MD(destination), strides, kernel, dilations, pads_begin,
                    pads_end)
              : dnnl_pooling_v2_forward_desc_init(
                    &operation, shim_prop(direction), kind, SHIM_MD(source), SHIM_MD(destination), strides, kernel,
                    dilations, pads_begin, pads_end),
      operation, NULL, forward, "pooling");
#endif
}

shim_primitive *shim_eltwise_primitive(
    shim_direction direction, shim_eltwise kind, float alpha, float beta, const shim_descriptor *data,
    const shim_descriptor *gradient, const shim_primitive *forward) {
  const dnnl_alg_kind_t algorithm = shim_eltwise_kind(kind, &alpha, &beta);
#if SHIM_V3
  if (gradient) {
    FINISH_V3(
        NULL,
        dnnl_eltwise_backward_primitive_desc_create(
            &desc, shim_engine(), algorithm, SHIM_MD(gradient), SHIM_MD(gradient), SHIM_MD(data), alpha, beta,
            HINT(forward), attr),
        "activation, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_eltwise_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), algorithm, SHIM_MD(data), SHIM_MD(data), alpha, beta, attr),
        "activation");
  }
#else
  dnnl_eltwise_desc_t operation;
  FINISH_V2(
      gradient
          ? dnnl_eltwise_backward_desc_init(&operation, algorithm, SHIM_MD(gradient), SHIM_MD(data), alpha, beta)
          : dnnl_eltwise_forward_desc_init(
                &operation, shim_prop(direction), algorithm, SHIM_MD(data), alpha, beta),
      operation, NULL, forward, "activation");
#endif
}

shim_primitive *shim_binary_primitive(
    shim_binary kind, const shim_descriptor *a, const shim_descriptor *b, const shim_descriptor *destination,
    const shim_attributes *attributes) {
  static const dnnl_alg_kind_t kinds[] = {dnnl_binary_add, dnnl_binary_mul, dnnl_binary_sub,
                                          dnnl_binary_div, dnnl_binary_max, dnnl_binary_min};
#if SHIM_V3
  FINISH_V3(
      attributes,
      dnnl_binary_primitive_desc_create(
          &desc, shim_engine(), kinds[kind], SHIM_MD(a), SHIM_MD(b), SHIM_MD(destination), attr),
      "binary operation");
#else
  dnnl_binary_desc_t operation;
  FINISH_V2(
      dnnl_binary_desc_init(&operation, kinds[kind], SHIM_MD(a), SHIM_MD(b), SHIM_MD(destination)), operation,
      attributes, (const shim_primitive *)NULL, "binary operation");
#endif
}

shim_primitive *shim_softmax(
    shim_direction direction, bool logarithm, int axis, const shim_descriptor *destination,
    const shim_descriptor *gradient, const shim_primitive *forward) {
#if SHIM_V3
  const dnnl_alg_kind_t kind = logarithm ? dnnl_softmax_log : dnnl_softmax_accurate;
  if (gradient) {
    FINISH_V3(
        NULL,
        dnnl_softmax_backward_primitive_desc_create(
            &desc, shim_engine(), kind, SHIM_MD(gradient), SHIM_MD(gradient), SHIM_MD(destination), axis,
            HINT(forward), attr),
        "softmax, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_softmax_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), kind, SHIM_MD(destination), SHIM_MD(destination), axis, attr),
        "softmax");
  }
#else
  dnnl_softmax_desc_t operation;  // a logsoftmax's is the same struct
  FINISH_V2(
      gradient ? (logarithm ? dnnl_logsoftmax_backward_desc_init : dnnl_softmax_backward_desc_init)(
                     &operation, SHIM_MD(gradient), SHIM_MD(destination), axis)
               : (logarithm ? dnnl_logsoftmax_forward_desc_init : dnnl_softmax_forward_desc_init)(
                     &operation, shim_prop(direction), SHIM_MD(destination), axis),
      operation, NULL, forward, "softmax");
#endif
}

shim_primitive *shim_lrn(
    shim_direction direction, int64_t size, float alpha, float beta, float k, const shim_descriptor *data,
    const shim_descriptor *gradient, const shim_primitive *forward) {
#if SHIM_V3
  if (gradient) {
    FINISH_V3(
        NULL,
        dnnl_lrn_backward_primitive_desc_create(
            &desc, shim_engine(), dnnl_lrn_across_channels, SHIM_MD(gradient), SHIM_MD(gradient), SHIM_MD(data), size,
            alpha, beta, k, HINT(forward), attr),
        "local response normalization, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_lrn_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), dnnl_lrn_across_channels, SHIM_MD(data), SHIM_MD(data), size,
            alpha, beta, k, attr),
        "local response normalization");
  }
#else
  dnnl_lrn_desc_t operation;
  FINISH_V2(
      gradient ? dnnl_lrn_backward_desc_init(
                     &operation, dnnl_lrn_across_channels, SHIM_MD(gradient), SHIM_MD(data), size, alpha, beta, k)
               : dnnl_lrn_forward_desc_init(
                     &operation, shim_prop(direction), dnnl_lrn_across_channels, SHIM_MD(data), size, alpha, beta, k),
      operation, NULL, forward, "local response normalization");
#endif
}

shim_primitive *shim_resampling(
    shim_direction direction, bool linear, const shim_descriptor *source, const shim_descriptor *destination,
    const shim_primitive *forward) {
  const dnnl_alg_kind_t kind = linear ? dnnl_resampling_linear : dnnl_resampling_nearest;
#if SHIM_V3
  if (forward) {
    FINISH_V3(
        NULL,
        dnnl_resampling_backward_primitive_desc_create(
            &desc, shim_engine(), kind, NULL, SHIM_MD(source), SHIM_MD(destination), HINT(forward), attr),
        "resampling, backward");
  } else {
    FINISH_V3(
        NULL,
        dnnl_resampling_forward_primitive_desc_create(
            &desc, shim_engine(), shim_prop(direction), kind, NULL, SHIM_MD(source), SHIM_MD(destination), attr),
        "resampling");
  }
#else
  dnnl_resampling_desc_t operation;
  FINISH_V2(
      forward
          ? dnnl_resampling_backward_desc_init(&operation, kind, NULL, SHIM_MD(source), SHIM_MD(destination))
          : dnnl_resampling_forward_desc_init(
                &operation, shim_prop(direction), kind, NULL, SHIM_MD(source), SHIM_MD(destination)),
      operation, NULL, forward, "resampling");
#endif
}

shim_primitive *shim_reorder(const shim_descriptor *source, const shim_descriptor *destination) {
  // What a reorder needs beside its operands is small, and oneDNN's own affair.
  dnnl_primitive_desc_t desc = NULL;
  dnnl_status_t status = dnnl_reorder_primitive_desc_create(
      &desc, SHIM_MD(source), shim_engine(), SHIM_MD(destination), shim_engine(), NULL);
  return shim_finish(status, desc, "reorder");
}
