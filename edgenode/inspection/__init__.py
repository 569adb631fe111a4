"""What model files hold, and what the Edge TPU's compiler would make of them: no runtime needed."""
