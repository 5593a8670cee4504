"""Electronic invoices 电子发票, asked for after paying and never a condition for anything."""
