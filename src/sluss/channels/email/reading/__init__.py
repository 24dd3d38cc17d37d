"""Reading mail. In: raw bytes that anybody may have written. Out: `Inbound` and `Receipt` values, in bounded time and memory."""
