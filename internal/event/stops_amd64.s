#include "textflag.h"

// A byte of a key has the bit of its high half in what its low half has: 1 in "$-./", 2 in
// digits, 4 and 8 in capital letters, "@" and "_", 16 and 32 in small ones.
DATA lows<>+0(SB)/8, $0x3e3e3e3f3e3e3e2e
DATA lows<>+8(SB)/8, $0x1d151514143c3e3e
DATA highs<>+0(SB)/8, $0x2010080402010000
DATA highs<>+8(SB)/8, $0
GLOBL lows<>(SB), RODATA|NOPTR, $16
GLOBL highs<>(SB), RODATA|NOPTR, $16

// Of the bytes that end a word, and of quotes and the backslash, no two have the same low
// half: each stands at its own. What stands at 0 for quotes is there for the byte 0.
DATA blanks<>+0(SB)/8, $0x20
DATA blanks<>+8(SB)/8, $0x0900
DATA quotes<>+0(SB)/8, $0x27000000002200ff
DATA quotes<>+8(SB)/8, $0x5c00000000
GLOBL blanks<>(SB), RODATA|NOPTR, $16
GLOBL quotes<>(SB), RODATA|NOPTR, $16

// The low half of a byte, and '='.
DATA bytes<>+0(SB)/8, $0x3d0f
GLOBL bytes<>(SB), RODATA|NOPTR, $8

// Where the words of each kind stand.
#define key   0
#define word  8
#define quote 16

// block takes the bits of the 32 bytes in Y0 into AX for keys, BX for words and DX for
// quotes, and those of '=' into R9. A byte beyond ASCII finds 0 in each table.
#define block \
	VPSRLW    $4, Y0, Y1 \
	VPAND     Y10, Y1, Y1 \
	VPSHUFB   Y0, Y6, Y2 \
	VPSHUFB   Y1, Y7, Y1 \
	VPAND     Y2, Y1, Y1 \
	VPCMPEQB  Y12, Y1, Y1 \
	VPSHUFB   Y0, Y8, Y2 \
	VPCMPEQB  Y0, Y2, Y2 \
	VPSHUFB   Y0, Y9, Y3 \
	VPCMPEQB  Y0, Y3, Y3 \
	VPCMPEQB  Y0, Y11, Y4 \
	VPMOVMSKB Y1, AX \
	VPMOVMSKB Y2, BX \
	VPMOVMSKB Y3, DX \
	VPMOVMSKB Y4, R9

// func fillWide(b *byte, n int, of *[stopKinds]uint64) (equals int)
TEXT ·fillWide(SB), NOSPLIT, $0-32
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ of+16(FP), DI

	VBROADCASTI128 lows<>(SB), Y6
	VBROADCASTI128 highs<>(SB), Y7
	VBROADCASTI128 blanks<>(SB), Y8
	VBROADCASTI128 quotes<>(SB), Y9
	VPBROADCASTB   bytes<>+0(SB), Y10
	VPBROADCASTB   bytes<>+1(SB), Y11
	VPXOR          Y12, Y12, Y12
	XORL           R8, R8
	MOVL           $4, R10

	SUBQ $32, CX
	JBE  last

next:
	VMOVDQU (SI), Y0
	block
	MOVL    AX, key(DI)
	MOVL    BX, word(DI)
	MOVL    DX, quote(DI)
	POPCNTL R9, R9
	ADDQ    R9, R8
	ADDQ    R10, DI        // the other half of the words, or the first of the next: 4 or 20
	XORL    $(4^20), R10
	ADDQ    $32, SI
	SUBQ    $32, CX
	JA      next

last:
	// The last block ends with the text. Its first bytes were seen before, as many as CX is
	// below 0.
	VMOVDQU (SI)(CX*1), Y0
	block
	NEGQ    CX
	SHRL    CX, AX
	SHRL    CX, BX
	SHRL    CX, DX
	SHRL    CX, R9
	MOVL    AX, key(DI)
	MOVL    BX, word(DI)
	MOVL    DX, quote(DI)
	POPCNTL R9, R9
	ADDQ    R9, R8
	MOVQ    R8, equals+24(FP)
	VZEROUPPER
	RET
