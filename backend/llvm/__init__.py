"""SSA to machine code by LLVM: text, object, position-independent blob."""
