"""Row models: each draws rows given a context and knows nothing about relations."""
