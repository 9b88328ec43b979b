import imports
