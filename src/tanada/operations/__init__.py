"""The one door: a command goes in, one of four outcomes comes out."""
