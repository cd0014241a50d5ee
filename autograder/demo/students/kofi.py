# base: blank
