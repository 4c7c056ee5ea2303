// Engine, threads, descriptors, memory and calls.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libgomp's: what `#pragma omp parallel` compiles to, so that all loops share the pool of oneDNN's.
extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
extern void omp_set_dynamic(int dynamic);

static _Thread_local char last_error[160];

const char *shim_last_error(void) { return last_error; }

bool shim_check(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return true;
  const char *why = status == dnnl_out_of_memory ? "out of memory"
      : status == dnnl_invalid_arguments         ? "invalid arguments"
      : status == dnnl_unimplemented             ? "not implemented"
                                                 : "failed";
  snprintf(last_error, sizeof last_error, "oneDNN: %s: %s", what, why);
  return false;
}

int shim_version(void) {
  const dnnl_version_t *version = dnnl_version();
  return version->major * 10000 + version->minor * 100 + version->patch;
}

void shim_set_threads(int count) {
  omp_set_dynamic(0);
  omp_set_num_threads(count);
}

int shim_max_threads(void) { return omp_get_max_threads(); }

struct parallel {
  void (*body)(void *, int);
  void *context;
  int count;
};

static void parallel_body(void *pointer) {
  const struct parallel *loop = pointer;
  for (int index = omp_get_thread_num(); index < loop->count; index += omp_get_num_threads()) {
    loop->body(loop->context, index);
  }
}

void shim_parallel(int count, void (*body)(void *context, int index), void *context) {
  struct parallel loop = {body, context, count};
  GOMP_parallel(parallel_body, &loop, (unsigned)count, 0);
}

dnnl_engine_t shim_engine(void) {
  static dnnl_engine_t engine;
  if (!engine) {
    dnnl_engine_t fresh = NULL;
    if (!shim_check(dnnl_engine_create(&fresh, dnnl_cpu, 0), "engine")) return NULL;
    dnnl_engine_t none = NULL;
    if (!__atomic_compare_exchange_n(&engine, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      dnnl_engine_destroy(fresh);
    }
  }
  return engine;
}

/// Each thread that runs networks has its own: oneDNN's are not for two at once.
dnnl_stream_t shim_stream(void) {
  static _Thread_local dnnl_stream_t stream;
  if (!stream) shim_check(dnnl_stream_create(&stream, shim_engine(), dnnl_stream_in_order), "stream");
  return stream;
}

// Descriptors

#if SHIM_V3
#define MAKE_STRIDED dnnl_memory_desc_create_with_strides
#define MAKE_TAGGED dnnl_memory_desc_create_with_tag
#define MAKE_PART dnnl_memory_desc_create_submemory
#else
#define MAKE_STRIDED dnnl_memory_desc_init_by_strides
#define MAKE_TAGGED dnnl_memory_desc_init_by_tag
#define MAKE_PART dnnl_memory_desc_init_submemory
#endif

static shim_descriptor *finish_descriptor(dnnl_status_t status, shim_descriptor *descriptor) {
  if (shim_check(status, "memory descriptor")) return descriptor;
  free(descriptor);
  return NULL;
}

shim_descriptor *shim_descriptor_strided(int rank, const int64_t *dims, const int64_t *strides) {
  shim_descriptor *descriptor = calloc(1, sizeof *descriptor);
  dnnl_dims_t row_major;
  if (!strides) {
    int64_t stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      row_major[axis] = stride;
      stride *= dims[axis] > 0 ? dims[axis] : 1;
    }
    strides = row_major;
  }
  return finish_descriptor(MAKE_STRIDED(&descriptor->md, rank, dims, dnnl_f32, strides), descriptor);
}

shim_descriptor *shim_descriptor_any(int rank, const int64_t *dims) {
  shim_descriptor *descriptor = calloc(1, sizeof *descriptor);
  return finish_descriptor(MAKE_TAGGED(&descriptor->md, rank, dims, dnnl_f32, dnnl_format_tag_any), descriptor);
}

shim_descriptor *shim_descriptor_blocked(int rank, const int64_t *dims, int block) {
  static const dnnl_format_tag_t tags[][2] = {
      {dnnl_aBc8b, dnnl_aBc16b}, {dnnl_aBcd8b, dnnl_aBcd16b}, {dnnl_aBcde8b, dnnl_aBcde16b}};
  if (rank < 3 || rank > 5 || (block != 8 && block != 16)) return NULL;
  shim_descriptor *descriptor = calloc(1, sizeof *descriptor);
  return finish_descriptor(
      MAKE_TAGGED(&descriptor->md, rank, dims, dnnl_f32, tags[rank - 3][block == 16]), descriptor);
}

shim_descriptor *shim_descriptor_part(const shim_descriptor *whole, const int64_t *dims, const int64_t *offsets) {
  shim_descriptor *descriptor = calloc(1, sizeof *descriptor);
  return finish_descriptor(MAKE_PART(&descriptor->md, SHIM_MD(whole), dims, offsets), descriptor);
}

bool shim_descriptor_equal(const shim_descriptor *a, const shim_descriptor *b) {
  return dnnl_memory_desc_equal(SHIM_MD(a), SHIM_MD(b));
}

size_t shim_descriptor_bytes(const shim_descriptor *descriptor) {
  return dnnl_memory_desc_get_size(SHIM_MD(descriptor));
}

void shim_descriptor_free(shim_descriptor *descriptor) {
#if SHIM_V3
  if (descriptor) dnnl_memory_desc_destroy(descriptor->md);
#endif
  free(descriptor);
}

// Attributes

shim_attributes *shim_attributes_create(void) {
  shim_attributes *attributes = calloc(1, sizeof *attributes);
  dnnl_primitive_attr_create(&attributes->attr);
  dnnl_post_ops_create(&attributes->operations);
  return attributes;
}

bool shim_attributes_append_eltwise(shim_attributes *attributes, shim_eltwise kind, float alpha, float beta) {
  dnnl_alg_kind_t algorithm = shim_eltwise_kind(kind, &alpha, &beta);
#if SHIM_V3
  return shim_check(
      dnnl_post_ops_append_eltwise(attributes->operations, algorithm, alpha, beta), "fused activation");
#else
  return shim_check(
      dnnl_post_ops_append_eltwise(attributes->operations, 1, algorithm, alpha, beta), "fused activation");
#endif
}

bool shim_attributes_append_sum(shim_attributes *attributes) {
#if SHIM_V3
  return shim_check(dnnl_post_ops_append_sum(attributes->operations, 1, 0, dnnl_data_type_undef), "fused sum");
#else
  return shim_check(dnnl_post_ops_append_sum(attributes->operations, 1), "fused sum");
#endif
}

void shim_attributes_free(shim_attributes *attributes) {
  if (!attributes) return;
  dnnl_post_ops_destroy(attributes->operations);
  dnnl_primitive_attr_destroy(attributes->attr);
  free(attributes);
}

dnnl_primitive_attr_t shim_attr(const shim_attributes *attributes) {
  dnnl_primitive_attr_t attr = NULL;
  if (dnnl_primitive_attr_create(&attr) != dnnl_success) return NULL;
  dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
  if (attributes) dnnl_primitive_attr_set_post_ops(attr, attributes->operations);
  return attr;
}

// Primitives, once made

shim_primitive *shim_finish(dnnl_status_t status, dnnl_primitive_desc_t desc, const char *what) {
  if (!shim_check(status, what)) return NULL;
  dnnl_primitive_t primitive = NULL;
  if (!shim_check(dnnl_primitive_create(&primitive, desc), what)) {
    dnnl_primitive_desc_destroy(desc);
    return NULL;
  }
  shim_primitive *result = calloc(1, sizeof *result);
  result->desc = desc;
  result->primitive = primitive;
  return result;
}

void shim_primitive_free(shim_primitive *primitive) {
  if (!primitive) return;
  dnnl_primitive_destroy(primitive->primitive);
  dnnl_primitive_desc_destroy(primitive->desc);
  free(primitive);
}

shim_descriptor *shim_primitive_descriptor(const shim_primitive *primitive, shim_part part) {
  static const dnnl_query_t queries[] = {
      dnnl_query_src_md,      dnnl_query_weights_md,      dnnl_query_dst_md,       dnnl_query_diff_src_md,
      dnnl_query_diff_weights_md, dnnl_query_diff_dst_md, dnnl_query_workspace_md, dnnl_query_scratchpad_md};
#if SHIM_V3
  const_dnnl_memory_desc_t found = dnnl_primitive_desc_query_md(primitive->desc, queries[part], 0);
#else
  const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md(primitive->desc, queries[part], 0);
#endif
  if (!found || dnnl_memory_desc_get_size(found) == 0) return NULL;
  shim_descriptor *descriptor = calloc(1, sizeof *descriptor);
#if SHIM_V3
  return finish_descriptor(dnnl_memory_desc_clone(&descriptor->md, found), descriptor);
#else
  descriptor->md = *found;
  return descriptor;
#endif
}

const char *shim_primitive_implementation(const shim_primitive *primitive) {
  const char *name = NULL;
  dnnl_primitive_desc_query(primitive->desc, dnnl_query_impl_info_str, 0, &name);
  return name ? name : "";
}

// Memory and calls

shim_memory *shim_memory_create(const shim_descriptor *descriptor, void *address) {
  dnnl_memory_t memory = NULL;
  if (!shim_check(dnnl_memory_create(&memory, SHIM_MD(descriptor), shim_engine(), address), "memory")) return NULL;
  shim_memory *result = calloc(1, sizeof *result);
  result->memory = memory;
  return result;
}

void shim_memory_free(shim_memory *memory) {
  if (!memory) return;
  dnnl_memory_destroy(memory->memory);
  free(memory);
}

struct shim_call {
  dnnl_primitive_t primitive;
  int count;
  dnnl_exec_arg_t arguments[];
};

shim_call *shim_call_create(
    const shim_primitive *primitive, int count, const shim_argument *arguments, shim_memory *const *memories) {
  static const int numbers[] = {
      DNNL_ARG_SRC,      DNNL_ARG_SRC_1,      DNNL_ARG_WEIGHTS,      DNNL_ARG_BIAS,       DNNL_ARG_DST,
      DNNL_ARG_MEAN,     DNNL_ARG_VARIANCE,   DNNL_ARG_SCALE,        DNNL_ARG_SHIFT,      DNNL_ARG_WORKSPACE,
      DNNL_ARG_SCRATCHPAD, DNNL_ARG_DIFF_SRC, DNNL_ARG_DIFF_DST,     DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS,
      DNNL_ARG_DIFF_SCALE, DNNL_ARG_DIFF_SHIFT};
  shim_call *call = calloc(1, sizeof *call + (size_t)count * sizeof call->arguments[0]);
  call->primitive = primitive->primitive;
  call->count = count;
  for (int index = 0; index < count; index++) {
    call->arguments[index].arg = numbers[arguments[index]];
    call->arguments[index].memory = memories[index]->memory;
  }
  return call;
}

bool shim_call_run(const shim_call *call) {
  return shim_check(
      dnnl_primitive_execute(call->primitive, shim_stream(), call->count, call->arguments), "execution");
}

void shim_call_free(shim_call *call) { free(call); }
