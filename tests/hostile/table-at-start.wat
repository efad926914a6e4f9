;; Has a larger table from the beginning than an instance may have.
(table 10000000 funcref)
