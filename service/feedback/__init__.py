"""What people make of answers, and what the service learns from it once a person agreed."""
