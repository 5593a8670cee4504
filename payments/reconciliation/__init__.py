"""Reconciliation (对账): the channel's bill of each day against our books.

runs      which bills are due, who works on one, what happens when one cannot be had
compare   the bill as a stream, in batches, against our rows; memory does not grow with the day
settle    what differs is booked by the same functions as every other notice, or left for a person
missing   what we have and the bill has not
books     our own sums against each other, every night
"""
