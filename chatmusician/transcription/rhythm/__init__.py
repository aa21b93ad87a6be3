"""Beats, bars and meter from onsets in seconds: tracking, then a choice among readings."""
