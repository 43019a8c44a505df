"""The forms of declarations: their fields, from the tables of the rules, and the bodies made from them."""
