"""The noise floor: how many answers of one model flip by numerics alone."""
