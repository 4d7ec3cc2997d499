"""lm-evaluation-harness both ways: its tasks and models through this harness, our tasks and models in its command."""
