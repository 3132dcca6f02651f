"""Sizes of screens, in CSS pixels."""

from playwright.async_api import ViewportSize

DESK: ViewportSize = {"width": 1360, "height": 850}
PHONE: ViewportSize = {"width": 390, "height": 780}
