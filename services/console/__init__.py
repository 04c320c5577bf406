"""The staff pages: so far the live page of operations. Loopback only, and without a contributor's words: nobody signs in."""
