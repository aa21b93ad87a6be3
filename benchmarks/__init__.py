"""Benchmarks of the ABC reader: agreement with abc2midi, speed. See README.md here."""
