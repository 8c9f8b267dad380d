CREATE TYPE extractionstatus AS ENUM ('uploaded', 'ocr_processing', 'ready_for_review', 'approved', 'rejected');
