#include "textflag.h"

// What is looked for, and what makes digits equal: '0', 9, '"', ',', '=', the last of
// the control characters. Then, what makes letters small, and the range of them.
DATA bytes<>+0(SB)/8, $0x1f3d2c220930
DATA letters<>+0(SB)/8, $0x196120
GLOBL letters<>(SB), RODATA|NOPTR, $8
GLOBL bytes<>(SB), RODATA|NOPTR, $8

// block takes the 32 bytes in Y2 into the marks Y4 to Y7, makes their digits 0 and takes
// each half of them into a state, X0 or X1: one round of AES with it as the key, and two
// more, so that no two blocks undo each other for somebody who does not know the state.
#define block \
	VPSUBB      Y8, Y2, Y3 \
	VPMINUB     Y9, Y3, Y14 \
	VPCMPEQB    Y3, Y14, Y14 \
	VPCMPEQB    Y2, Y10, Y15 \
	VPOR        Y15, Y4, Y4 \
	VPCMPEQB    Y2, Y11, Y15 \
	VPOR        Y15, Y5, Y5 \
	VPCMPEQB    Y2, Y12, Y15 \
	VPOR        Y15, Y6, Y6 \
	VPMINUB     Y2, Y13, Y15 \
	VPCMPEQB    Y2, Y15, Y15 \
	VPOR        Y15, Y7, Y7 \
	VPBLENDVB   Y14, Y8, Y2, Y2 \
	VEXTRACTI128 $1, Y2, X3 \
	VAESENC     X2, X0, X0 \
	VAESENC     X3, X1, X1 \
	VAESENC     X8, X0, X0 \
	VAESENC     X8, X1, X1 \
	VAESENC     X8, X0, X0 \
	VAESENC     X8, X1, X1

// func lookWide(b *byte, size, n int, key *[4]uint64) (hash, marks uint64)
TEXT ·lookWide(SB), NOSPLIT, $0-48
	MOVQ b+0(FP), SI
	MOVQ size+8(FP), CX
	MOVQ key+24(FP), DX

	VMOVDQU      0(DX), X0
	VMOVDQU      16(DX), X1
	VPXOR        Y4, Y4, Y4
	VPXOR        Y5, Y5, Y5
	VPXOR        Y6, Y6, Y6
	VPXOR        Y7, Y7, Y7
	VPBROADCASTB bytes<>+0(SB), Y8
	VPBROADCASTB bytes<>+1(SB), Y9
	VPBROADCASTB bytes<>+2(SB), Y10
	VPBROADCASTB bytes<>+3(SB), Y11
	VPBROADCASTB bytes<>+4(SB), Y12
	VPBROADCASTB bytes<>+5(SB), Y13

	// The last block ends with the text, and may overlap the one before.
	LEAQ -32(SI)(CX*1), DI
	CMPQ SI, DI
	JAE  last

next:
	VMOVDQU (SI), Y2
	block
	ADDQ    $32, SI
	CMPQ    SI, DI
	JB      next

last:
	VMOVDQU (DI), Y2
	block

	// Both states and the length make the hash.
	MOVQ    n+16(FP), CX
	VMOVQ   CX, X2
	VPXOR   X2, X0, X0
	VAESENC X1, X0, X0
	VAESENC X8, X0, X0
	VAESENC X8, X0, X0
	VAESENC X8, X0, X0
	VMOVQ   X0, AX
	MOVQ    AX, hash+32(FP)

	XORL   R8, R8
	XORL   R9, R9
	XORL   R10, R10
	XORL   R11, R11
	VPTEST Y4, Y4
	SETNE  R8
	VPTEST Y5, Y5
	SETNE  R9
	VPTEST Y6, Y6
	SETNE  R10
	VPTEST Y7, Y7
	SETNE  R11
	LEAQ   (R8)(R9*2), AX
	LEAQ   (R10)(R11*2), BX
	LEAQ   (AX)(BX*4), AX
	MOVQ   AX, marks+40(FP)
	VZEROUPPER
	RET

// func alnumWide(b *byte, n int, bits *uint64) (high uint64)
TEXT ·alnumWide(SB), NOSPLIT, $0-32
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ bits+16(FP), DI

	VPXOR        Y0, Y0, Y0
	VPBROADCASTB bytes<>+0(SB), Y8
	VPBROADCASTB bytes<>+1(SB), Y9
	VPBROADCASTB letters<>+0(SB), Y10
	VPBROADCASTB letters<>+1(SB), Y11
	VPBROADCASTB letters<>+2(SB), Y12

	ADDQ SI, CX

alnum:
	VMOVDQU   (SI), Y1
	VPOR      Y1, Y0, Y0
	VPSUBB    Y8, Y1, Y2
	VPMINUB   Y9, Y2, Y3
	VPCMPEQB  Y2, Y3, Y2
	VPOR      Y10, Y1, Y4
	VPSUBB    Y11, Y4, Y4
	VPMINUB   Y12, Y4, Y5
	VPCMPEQB  Y4, Y5, Y4
	VPOR      Y2, Y4, Y4
	VPOR      Y1, Y4, Y4   // whose high bit says that it is beyond ASCII
	VPMOVMSKB Y4, AX
	MOVQ      AX, (DI)     // and 0 in the half behind, which may be the last
	ADDQ      $4, DI
	ADDQ      $32, SI
	CMPQ      SI, CX
	JB        alnum

	VPMOVMSKB Y0, AX
	MOVQ      AX, high+24(FP)
	VZEROUPPER
	RET

// The numbers of 8 bytes, by which those of the next go on.
DATA eights<>+0(SB)/8, $0x0008000800080008
DATA eights<>+8(SB)/8, $0x0008000800080008
GLOBL eights<>(SB), RODATA|NOPTR, $16

// func edgesWide(bits *uint64, words int, edges *byte, table *[256][2]uint64) (n int)
TEXT ·edgesWide(SB), NOSPLIT, $0-40
	MOVQ bits+0(FP), SI
	MOVQ words+8(FP), CX
	MOVQ edges+16(FP), DI
	MOVQ table+24(FP), DX

	MOVQ    DI, R13
	XORL    R8, R8             // the last bit of the word before
	VPXOR   X0, X0, X0         // the number of the first byte
	VMOVDQU eights<>(SB), X1
	VPSLLW  $3, X1, X2         // 64

word:
	MOVQ (SI), R9
	ADDQ $8, SI
	LEAQ (R8)(R9*2), R10
	MOVQ R9, R8
	SHRQ $63, R8
	XORQ R9, R10
	JZ   done
	VMOVDQA X0, X3

bytes:
	MOVBLZX R10B, R11
	POPCNTL R11, R12
	SHLL    $4, R11
	VPADDW  (DX)(R11*1), X3, X4
	VMOVDQU X4, (DI)
	LEAQ    (DI)(R12*2), DI
	VPADDW  X1, X3, X3
	SHRQ    $8, R10
	JNZ     bytes

done:
	VPADDW X2, X0, X0
	DECQ   CX
	JNZ    word

	SUBQ R13, DI
	SHRQ $1, DI
	MOVQ DI, n+32(FP)
	VZEROUPPER
	RET
