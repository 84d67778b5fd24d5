"""The clock: finds what is due and hands it to the operations. It knows no business; app.py tells it who does what."""
