"""A manual of three pages, small enough to know every place on it."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

NAME = "tea-urn.pdf"
QUESTION = "How often must the drip tray of the tea urn be emptied?"
SENTENCE = "The drip tray of the tea urn must be emptied every evening after closing."
PAGE = 2
TOP = 500
"""Height of the sentence's baseline above the foot of the page, in points."""
OUTSIDE = "What is the capital of Mongolia?"


def manual() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, initialFontName="Helvetica", initialFontSize=11)
    canvas.setTitle("Tea urn")
    pages = (
        ("1 About the urn", "The tea urn boils twelve litres of water in half an hour."),
        ("2 Daily care", SENTENCE),
        ("3 Faults", "A red lamp means that the urn has boiled dry and switched itself off."),
    )
    for heading, sentence in pages:
        canvas.bookmarkPage(heading)
        canvas.addOutlineEntry(heading, heading, level=0)
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(72, 560, heading)
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, TOP, sentence)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
