ALTER TABLE ingestions ADD COLUMN ocr_provider varchar(64);
ALTER TABLE ingestions ADD COLUMN ocr_confidence numeric(4, 3);
ALTER TABLE ingestions ADD COLUMN ocr_processed_at timestamptz;
