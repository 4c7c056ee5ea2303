// What the files of the shim share.
#pragma once
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>

#include "include/onednn_shim.h"

#define SHIM_V3 (DNNL_VERSION_MAJOR >= 3)

#if SHIM_V3
typedef dnnl_memory_desc_t shim_md;  // a pointer
#define SHIM_MD(descriptor) ((descriptor) ? (descriptor)->md : NULL)
#else
typedef dnnl_memory_desc_t shim_md;  // a struct
#define SHIM_MD(descriptor) ((descriptor) ? &(descriptor)->md : NULL)
#endif

struct shim_descriptor {
  shim_md md;
};

struct shim_attributes {
  dnnl_primitive_attr_t attr;
  dnnl_post_ops_t operations;
};

struct shim_primitive {
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
};

struct shim_memory {
  dnnl_memory_t memory;
};

dnnl_engine_t shim_engine(void);
dnnl_stream_t shim_stream(void);
/// Remembers a failure; true for success.
bool shim_check(dnnl_status_t status, const char *what);
/// Takes the descriptor of a primitive, whether it could be made or not.
shim_primitive *shim_finish(dnnl_status_t status, dnnl_primitive_desc_t desc, const char *what);
/// Attributes with the scratchpad left to the caller; freed by the caller.
dnnl_primitive_attr_t shim_attr(const shim_attributes *attributes);
dnnl_alg_kind_t shim_eltwise_kind(shim_eltwise kind, float *alpha, float *beta);
dnnl_prop_kind_t shim_prop(shim_direction direction);
