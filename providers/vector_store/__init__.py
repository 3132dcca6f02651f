"""Vector stores: indexes of dense and sparse vectors."""
