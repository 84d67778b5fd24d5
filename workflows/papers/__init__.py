"""Diagrams and cases on paper: SVG and PDF."""
