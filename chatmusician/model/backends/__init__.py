"""Where models run: PyTorch, llama.cpp, a server. All of them complete conversations."""
