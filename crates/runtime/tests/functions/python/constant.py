word = 5
