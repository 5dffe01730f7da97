"""For real servers on loopback, without containers: for `./dev up`, and for the fixtures of the tests."""
