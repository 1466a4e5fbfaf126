"""The parts of bench/run: servers, rows, measurement, tables and the drawing."""
