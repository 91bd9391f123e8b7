"""A network in other programs' formats, and back: ONNX, safetensors, NumPy archives, a C header, a page.

A writer is a function ``write(network, path)``. A reader returns parameters and a card, as `load_model` does;
what it reads is bounded in size, checked whole, and never run. The libraries of a format are imported when it
is used.
"""
