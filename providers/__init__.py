"""Plugin providers: every outside system sits behind one of the protocols here."""

import os

# Read when NumPy is loaded, later than this. Its matrix library keeps its other threads spinning
# for some 20 ms after each product that is worth splitting, and of ours hardly one is: an answer
# took 75 ms of processor time instead of 44, where three questions in ten were reranked.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
