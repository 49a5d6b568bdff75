"""Drills: scenarios run by a fast clock, by the monitor's own way of looking, and held against what must come out."""
