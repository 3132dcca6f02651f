"""Plugin providers: every outside system sits behind one of the protocols here."""

import os

# Read when NumPy is loaded, later than this. Its matrix library keeps its other threads spinning
# for some 20 ms after each product that is worth splitting, and of ours hardly one is: reranking
# cost two questions in five 60 ms of processor time each (75 ms an answer instead of 44).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
