"""What a volume of mail asks of AWS, what that costs, and what it outgrows: on paper, without AWS."""
