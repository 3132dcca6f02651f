"""What an agent may call, thin over the graphs."""
