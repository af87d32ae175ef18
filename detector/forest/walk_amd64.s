#include "textflag.h"

// step takes a row from node i of a lane's tree to a child. The number of a node of the last
// level but one is below 256, so that none needs to be checked. What the row has is compared
// with the node as it is; the borrow is 1 if the row is greater, and the child on the right.
#define step(lane, i) \
	MOVWLZX (lane*512)(SI)(i*2), CX \
	MOVBLZX CX, DX \
	CMPQ    CX, (R9)(DX*8) \
	ADCQ    i, i

// level takes it a level down in all lanes.
#define level \
	step(0, AX); \
	step(1, BX); \
	step(2, R8); \
	step(3, R10); \
	step(4, R11); \
	step(5, R12); \
	step(6, R13); \
	step(7, R15)

// leaf makes i the length of the leaf it ended in.
#define leaf(lane, i) \
	MOVWLZX (lane*512-512)(DI)(i*2), i

// func walkBlocks(nodes *node, lengths *uint16, blocks int, k *keys) uint32
TEXT ·walkBlocks(SB), NOSPLIT, $0-36
	MOVQ nodes+0(FP), SI
	MOVQ lengths+8(FP), DI
	MOVQ k+24(FP), R9
	MOVL $0, ret+32(FP)

block:
	MOVL $1, AX
	MOVL $1, BX
	MOVL $1, R8
	MOVL $1, R10
	MOVL $1, R11
	MOVL $1, R12
	MOVL $1, R13
	MOVL $1, R15
	level
	level
	level
	level
	level
	level
	level
	level
	leaf(0, AX)
	leaf(1, BX)
	leaf(2, R8)
	leaf(3, R10)
	leaf(4, R11)
	leaf(5, R12)
	leaf(6, R13)
	leaf(7, R15)
	ADDL BX, AX
	ADDL R10, R8
	ADDL R12, R11
	ADDL R15, R13
	ADDL R8, AX
	ADDL R13, R11
	ADDL R11, AX
	ADDL AX, ret+32(FP)
	ADDQ $4096, SI
	ADDQ $4096, DI
	DECQ blocks+16(FP)
	JNZ  block
	RET
