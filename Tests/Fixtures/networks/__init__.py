"""The tiny networks that the tests compile, one for every way in which channels are coupled."""
