"""Chat models: `extractive` answers from the passages alone, `scripted` plays back replies."""
