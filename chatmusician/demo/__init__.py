"""The web page, a thin shell over the other packages. Still empty."""
