/* BEGIN_TARGET("extensions of the instruction set") ... END_TARGET: functions between them may use these. */
#pragma once
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define BEGIN_TARGET(names) PRAGMA(clang attribute push(__attribute__((target(names))), apply_to = function))
#define END_TARGET PRAGMA(clang attribute pop)
#else
#define BEGIN_TARGET(names) PRAGMA(GCC target(names))
#define END_TARGET
#endif
