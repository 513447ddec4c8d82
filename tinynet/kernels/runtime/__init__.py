"""How kernels are compiled and run: machine code and where it is kept, threads, memory, calls by address."""
