#!/usr/bin/env python3
"""Writes the fixtures of ONNXFormatTests: models that use every corner of the format. Needs PyPI's onnx, 1.23.

everything.onnx   every message and field of the format once, present-but-empty fields, unknown fields at each level
typed.onnx        initializers in each of the typed fields, packed as producers do
unpacked.onnx     the same numbers, one tag each, as proto2 writers of old did
external.onnx     tensors in external.data: two that share a range, in an attribute, in a subgraph, with odd keys
"""
import hashlib
import pathlib

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper

HERE = pathlib.Path(__file__).parent
# Field 1000 of a message, a varint; and field 1001, three bytes.
UNKNOWN = b"\xc0\x3e\x05" + b"\xca\x3e\x03abc"


def with_unknown_fields(message):
    """The message with two fields that no schema names, and the same in every message inside it."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                with_unknown_fields(item)
    message.MergeFromString(UNKNOWN)
    return message


def metadata(owner, *pairs):
    for key, value in pairs:
        owner.metadata_props.add(key=key, value=value)


def tensor(name, dims=(2,), data_type=TensorProto.FLOAT, raw=None):
    count = int(np.prod(dims))
    item = TensorProto(name=name, dims=dims, data_type=data_type)
    item.raw_data = np.arange(count, dtype=np.float32).tobytes() if raw is None else raw
    return item


def every_type():
    float_type = helper.make_tensor_type_proto(TensorProto.FLOAT, [1, "n", None])
    dims = float_type.tensor_type.shape.dim
    dims[0].denotation = "DATA_BATCH"
    float_type.denotation = "IMAGE"
    unranked = onnx.TypeProto()
    unranked.tensor_type.elem_type = TensorProto.FLOAT16
    scalar = helper.make_tensor_type_proto(TensorProto.INT64, [])
    untyped = onnx.TypeProto()
    untyped.tensor_type.SetInParent()
    opaque = onnx.TypeProto()
    opaque.opaque_type.domain = "com.example"
    opaque.opaque_type.name = "Thing"
    named_dim = helper.make_tensor_type_proto(TensorProto.FLOAT, [""])
    return [
        float_type, unranked, scalar, untyped, opaque, named_dim, onnx.TypeProto(),
        helper.make_sequence_type_proto(float_type),
        helper.make_map_type_proto(TensorProto.STRING, float_type),
        helper.make_optional_type_proto(helper.make_sequence_type_proto(float_type)),
        helper.make_sparse_tensor_type_proto(TensorProto.DOUBLE, [3, "m"]),
    ]


def sparse(name):
    values = tensor(name, (2,))
    indices = helper.make_tensor(name + "_indices", TensorProto.INT64, [2], [1, 3])
    return helper.make_sparse_tensor(values, indices, [5])


def subgraph(name, outer):
    node = helper.make_node("Add", [outer, name + "_c"], [name + "_y"], name=name + "_add")
    output = helper.make_tensor_value_info(name + "_y", TensorProto.FLOAT, None)
    return helper.make_graph([node], name, [], [output], [tensor(name + "_c")])


def every_attribute():
    """One of each kind, and the forms that nobody foresees."""
    kinds = [
        helper.make_attribute("float", 1.5), helper.make_attribute("int", -3), helper.make_attribute("string", b"\x00\xff"),
        helper.make_attribute("tensor", tensor("t")), helper.make_attribute("graph", subgraph("g", "x")),
        helper.make_attribute("sparse", sparse("s")), helper.make_attribute("type", every_type()[0]),
        helper.make_attribute("floats", [1.0, float("inf")]), helper.make_attribute("ints", [1, -(2**63)]),
        helper.make_attribute("strings", ["a", "", "ü"]), helper.make_attribute("tensors", [tensor("t0"), tensor("t1")]),
        helper.make_attribute("graphs", [subgraph("g0", "x"), subgraph("g1", "x")]),
        helper.make_attribute("types", every_type()),
    ]
    sparses = AttributeProto(name="sparses", type=AttributeProto.SPARSE_TENSORS)
    sparses.sparse_tensors.extend([sparse("s0"), sparse("s1")])
    odd = [
        sparses,
        AttributeProto(name="zero_left_out", type=AttributeProto.INT),
        AttributeProto(name="text_left_out", type=AttributeProto.STRING),
        AttributeProto(name="empty_ints", type=AttributeProto.INTS),
        AttributeProto(name="no_type", i=7),
        AttributeProto(name="nothing"),
        AttributeProto(name="tensor_left_out", type=AttributeProto.TENSOR),
        AttributeProto(name="two_values", type=AttributeProto.INT, i=1, f=2.0),
        AttributeProto(name="two_values_one_tensor", type=AttributeProto.INT, i=1, t=tensor("hidden", (64,))),
        AttributeProto(name="negative_zero", type=AttributeProto.FLOAT, f=-0.0),
        AttributeProto(name="documented", type=AttributeProto.INT, i=0, doc_string=""),
    ]
    for position, attribute in enumerate(kinds):
        attribute.doc_string = f"kind {position}"
    return kinds + odd


def every_tensor():
    """One of each element type and each way to store it."""
    tensors = [helper.make_tensor(f"type{t}", t, [3], [1, 0, 1]) for t in range(1, 29) if t != TensorProto.STRING]
    tensors.append(helper.make_tensor("strings", TensorProto.STRING, [2], [b"\xff\x00", b""]))
    for t, size in ((TensorProto.INT4, 2), (TensorProto.UINT2, 1), (TensorProto.FLOAT6E3M2, 3), (TensorProto.BOOL, 3),
                    (TensorProto.BFLOAT16, 6), (TensorProto.COMPLEX128, 48)):
        tensors.append(tensor(f"raw{t}", (3,), t, bytes(size)))
    tensors.append(tensor("scalar", (), raw=bytes(4)))
    tensors.append(tensor("empty_raw", (0, 3), raw=b""))
    tensors.append(TensorProto(name="empty", dims=[0], data_type=TensorProto.FLOAT))
    stated = tensor("stated_location")
    stated.data_location = TensorProto.DEFAULT
    stated.doc_string = "doc"
    stated.segment.begin = 0
    stated.segment.end = 2
    metadata(stated, ("k", "v"))
    long = helper.make_tensor("long_typed", TensorProto.FLOAT, [100], np.arange(100, dtype=np.float32))
    return tensors + [stated, long]


def function(name, callee=None):
    node = helper.make_node(callee or "Relu", ["a"], ["b"], domain="com.example" if callee else "")
    node.attribute.add(name="alpha", ref_attr_name="alpha", type=AttributeProto.FLOAT)
    item = helper.make_function(
        "com.example", name, ["a"], ["b"], [node], [helper.make_opsetid("", 20)], ["required"],
        [helper.make_attribute("alpha", 0.5)], doc_string="f", overload="o" if callee else None,
        value_info=[helper.make_tensor_value_info("b", TensorProto.FLOAT, [1])])
    item.node.append(helper.make_node("Constant", [], ["c"], value=tensor("inside_function", (64,))))
    metadata(item, ("k", "v"))
    return item


def everything():
    node = helper.make_node("Everything", ["x", "", "w"], ["y", "", "z"], name="n", domain="com.example", doc_string="d")
    node.overload = "v2"
    node.attribute.extend(every_attribute())
    metadata(node, ("pkg", "torch"), ("", ""))
    node.metadata_props.add(key="no value")
    device = node.device_configurations.add(configuration_id="two", pipeline_stage=1)
    spec = device.sharding_spec.add(tensor_name="x", device=[0, -1])
    entry = spec.index_to_device_group_map.add(key=-1)
    entry.value.extend([0, 1])
    sharded = spec.sharded_dim.add(axis=0)
    sharded.simple_sharding.add(dim_value=1, num_shards=2)
    sharded.simple_sharding.add(dim_param="n", num_shards=2)
    bare = onnx.NodeProto(op_type="Identity", input=["y"], output=["e"], name="", domain="")
    graph = onnx.GraphProto(name="", doc_string="g", node=[node, bare])
    graph.input.extend(onnx.ValueInfoProto(name="x" if i == 0 else f"in{i}", type=t) for i, t in enumerate(every_type()))
    graph.input.add(name="w", doc_string="an initializer too")
    graph.input.add(name="untyped")
    graph.output.extend([onnx.ValueInfoProto(name="e"), helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n"])])
    metadata(graph.output[0], ("k", "v"))
    graph.value_info.add(name="y", type=every_type()[0])
    graph.value_info.add(name="of nobody", type=every_type()[7])
    graph.initializer.extend([tensor("w"), *every_tensor()])
    graph.sparse_initializer.append(sparse("sparse"))
    annotation = graph.quantization_annotation.add(tensor_name="y")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="scalar")
    metadata(graph, ("k", "v"))
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("com.example", 1)],
        functions=[function("F"), function("G", "F")], producer_name="p", producer_version="", domain="com.example",
        model_version=-1, doc_string="größer")
    model.ir_version = 14
    model.opset_import.add(domain="no.version")
    metadata(model, ("author", "nobody"), ("author", "twice"))
    model.configuration.add(name="two", num_devices=2, device=["a", "b"])
    training = model.training_info.add()
    training.initialization.CopyFrom(subgraph("init", "x"))
    training.algorithm.CopyFrom(subgraph("step", "x"))
    training.initialization_binding.add(key="w", value="init_y")
    training.update_binding.add(key="w", value="step_y")
    return with_unknown_fields(model)


def unused_fields(*models):
    """Fields of the format that no model uses, so that `everything` stays true to its name."""
    seen = set()

    def walk(message):
        for field, value in message.ListFields():
            seen.add(field.full_name)
            if field.message_type is not None:
                for item in value if field.is_repeated else [value]:
                    walk(item)

    for model in models:
        walk(model)
    left = []

    def declare(message):
        left.extend(f.full_name for f in message.fields if f.full_name not in seen)
        for nested in message.nested_types:
            declare(nested)

    for name in onnx.onnx_ml_pb2.DESCRIPTOR.message_types_by_name.values():
        declare(name)
    return left


def varint(value):
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def typed(packed):
    """A model whose tensors hold many numbers, as protobuf's packed runs or one tag each."""
    arrays = {
        "float_data": (TensorProto.FLOAT, np.linspace(-1, 1, 200, dtype=np.float32)),
        "double_data": (TensorProto.DOUBLE, np.linspace(-1, 1, 200)),
        "int32_data": (TensorProto.INT8, np.arange(-100, 100, dtype=np.int8)),
        "int64_data": (TensorProto.INT64, np.arange(-100, 100, dtype=np.int64) << 40),
        "uint64_data": (TensorProto.UINT64, np.arange(200, dtype=np.uint64) << np.uint64(56)),
    }

    def unpack(number, kind, name, values, dtype):
        """The tensor with one tag a number, written by hand: Python's protobuf packs these fields."""
        head = TensorProto(dims=[len(values)], data_type=kind, name=name).SerializeToString()
        for value in values:
            if dtype == "f":
                head += varint(number << 3 | 5) + np.float32(value).tobytes()
            elif dtype == "d":
                head += varint(number << 3 | 1) + np.float64(value).tobytes()
            else:
                head += varint(number << 3) + varint(int(value))
        return head

    graph = onnx.GraphProto(name="typed")
    for field, (kind, values) in arrays.items():
        item = TensorProto(name=field, dims=[200], data_type=kind)
        getattr(item, field).extend(values.tolist())
        graph.initializer.append(item)
    graph.node.append(helper.make_node("Identity", ["float_data"], ["y"]))
    graph.output.add(name="y")
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    if packed:
        return model.SerializeToString()
    letters = {TensorProto.FLOAT: "f", TensorProto.DOUBLE: "d"}
    tensors = [
        unpack(TensorProto.DESCRIPTOR.fields_by_name[field].number, kind, field, values, letters.get(kind, "i"))
        for field, (kind, values) in arrays.items()
    ]
    del model.graph.initializer[:]
    body = model.graph.SerializeToString()
    for item in tensors:
        body += b"\x2a" + varint(len(item)) + item
    model.ClearField("graph")
    return model.SerializeToString() + b"\x3a" + varint(len(body)) + body


def external():
    data = np.arange(600, dtype=np.float32).tobytes()

    def outside(name, offset, count, *more):
        item = TensorProto(name=name, dims=[count], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
        entries = [("location", "external.data"), ("offset", str(offset)), ("length", str(4 * count)), *more]
        for key, value in entries:
            item.external_data.add(key=key, value=value)
        return item

    branch = helper.make_graph(
        [helper.make_node("Identity", ["inner"], ["branch_y"])], "branch", [],
        [helper.make_tensor_value_info("branch_y", TensorProto.FLOAT, None)], [outside("inner", 400, 50)])
    no_length = outside("no_length", 0, 600)
    del no_length.external_data[1:]
    graph = onnx.GraphProto(name="external")
    graph.initializer.extend([
        outside("first", 0, 100), outside("same", 0, 100), no_length,
        outside("checked", 800, 10, ("checksum", hashlib.sha1(data).hexdigest())),
        outside("odd", 1200, 10, ("colour", "blue")),
    ])
    graph.input.extend([helper.make_tensor_value_info("c", TensorProto.BOOL, [])])
    graph.node.extend([
        helper.make_node("Constant", [], ["constant"], value=outside("", 1600, 20)),
        helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch),
    ])
    graph.output.add(name="y")
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    (HERE / "external.data").write_bytes(data)
    return model


def main():
    model = everything()
    left = unused_fields(model, external())
    assert not left, left
    (HERE / "everything.onnx").write_bytes(model.SerializeToString())
    (HERE / "typed.onnx").write_bytes(typed(packed=True))
    (HERE / "unpacked.onnx").write_bytes(typed(packed=False))
    (HERE / "external.onnx").write_bytes(external().SerializeToString())
    for path in sorted(HERE.glob("*.onnx")):
        onnx.load(path, load_external_data=False)


if __name__ == "__main__":
    main()
