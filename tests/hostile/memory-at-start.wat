;; Has more memory from the beginning than an instance may have.
(memory (export "memory") 3000)
