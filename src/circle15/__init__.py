"""circle15: who reaches which of the 27 services of the 15-minute circle on foot, and what would help."""

__version__ = "0.1.0"
