// A library that needs_stub.cpp needs, and that isn't where the loader looks.
int stub_answer() { return 42; }
