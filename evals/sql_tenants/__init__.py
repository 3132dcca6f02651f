"""Does a guarded statement see what it would see if the other tenants' rows were not there?"""
