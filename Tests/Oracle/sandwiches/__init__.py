"""Node models between layers that make and read channels on every axis of their operands and results.

`cases.py` has the fillings: every node model of ONNX's own tests, `contributed.py` ONNX Runtime's operators and
`earlier.py` forms of old operator sets. `recipes.py` says which layers go around one, `examining.py` compiles it
and compares, `mixtures.py` joins several to a network.
"""
